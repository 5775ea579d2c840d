-- A copy for tests must not touch the lists of the original.
UPDATE newsletter_account
   SET api_key = NULL,
       webhook_token = NULL,
       webhook_key = NULL,
       webhook_ref = NULL,
       webhook_told = NULL,
       opt_outs = 'off',
       state = 'paused',
       problem = 'This database was neutralized.';
UPDATE newsletter_setting
   SET secret_value = NULL;
UPDATE ir_cron
   SET active = FALSE
 WHERE id IN (SELECT cron_id FROM newsletter_account);
